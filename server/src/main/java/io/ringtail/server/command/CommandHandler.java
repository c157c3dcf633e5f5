package io.ringtail.server.command;

/** What a command does: reads its arguments and the data from the call, writes exactly one reply to it. */
@FunctionalInterface
public interface CommandHandler {
    /**
     * @throws CommandException to answer an error in place of what was written to the reply so far
     */
    void run(Call call);
}

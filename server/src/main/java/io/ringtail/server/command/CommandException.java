package io.ringtail.server.command;

/**
 * An error reply. Thrown from anywhere in a handler before its first write of data; the dispatcher takes back what was written
 * to the reply and writes the message. Carries no stack trace.
 */
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public static final CommandException SYNTAX = new CommandException("ERR syntax error");
    public static final CommandException NOT_AN_INTEGER =
            new CommandException("ERR value is not an integer or out of range");
    public static final CommandException NOT_A_FLOAT = new CommandException("ERR value is not a valid float");
    public static final CommandException NO_SUCH_KEY = new CommandException("ERR no such key");
    public static final CommandException WRONG_TYPE =
            new CommandException("WRONGTYPE Operation against a key holding the wrong kind of value");

    public static final CommandException NOT_FOR_SETS =
            new CommandException("ERR sets cannot be renamed, copied, moved or dumped here; SUNIONSTORE copies one");

    /** @param reply the whole error text, its prefix included */
    public CommandException(String reply) {
        super(reply, null, false, false);
    }
}

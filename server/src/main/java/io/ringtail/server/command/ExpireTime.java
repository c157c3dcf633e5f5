package io.ringtail.server.command;

/**
 * The arithmetic of expiry arguments: seconds or milliseconds, from now or from 1970, to milliseconds since 1970. Pure.
 *
 * <p>Two rules exist. Options that give a value its expiry ({@code SET … EX}) want a time above zero; the {@code EXPIRE} family takes any,
 * because a past one deletes.
 */
final class ExpireTime {
    private ExpireTime() {}

    /**
     * When a value given such an argument ends.
     *
     * @param relative whether the argument counts from now
     * @throws CommandException when the argument is no integer, not above zero, or beyond 64 bits
     */
    static long ofOption(Call call, int index, boolean seconds, boolean relative, String command) {
        long time = call.integer(index);
        if (time <= 0) {
            throw invalid(command);
        }
        return absolute(time, seconds, relative ? call.data().nowMillis() : 0, command);
    }

    /** When a key given such an argument ends; may be past, or negative. */
    static long ofCommand(Call call, int index, boolean seconds, boolean relative, String command) {
        return absolute(call.integer(index), seconds, relative ? call.data().nowMillis() : 0, command);
    }

    private static long absolute(long time, boolean seconds, long baseMillis, String command) {
        long millis = time;
        if (seconds) {
            if (time > Long.MAX_VALUE / 1000 || time < Long.MIN_VALUE / 1000) {
                throw invalid(command);
            }
            millis = time * 1000;
        }
        if (millis > Long.MAX_VALUE - baseMillis) {
            throw invalid(command);
        }
        return millis + baseMillis;
    }

    private static CommandException invalid(String command) {
        return new CommandException("ERR invalid expire time in '" + command + "' command");
    }
}

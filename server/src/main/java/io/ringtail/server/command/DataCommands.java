package io.ringtail.server.command;

/** All commands on data, family by family: what a server adds to its table for them. */
public final class DataCommands {
    private DataCommands() {}

    public static void register(CommandTable table) {
        StringCommands.register(table);
        CounterCommands.register(table);
        LcsCommands.register(table);
        BitmapCommands.register(table);
        BitfieldCommands.register(table);
        KeyCommands.register(table);
        ExpiryCommands.register(table);
        SetCommands.register(table);
        SetWalkCommands.register(table);
        ScanCommands.register(table);
        SerializationCommands.register(table);
        InspectionCommands.register(table);
    }
}

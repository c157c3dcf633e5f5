package io.ringtail.server.command;

/** Registers every command that is not about keys and values: connections, transactions, the server itself. */
public final class ControlCommands {
    private ControlCommands() {}

    public static void register(CommandTable table, Services services) {
        ConnectionCommands.register(table, services);
        ClientCommands.register(table, services);
        TransactionCommands.register(table);
        CommandCommands.register(table);
        ConfigCommands.register(table, services);
        InfoCommand.register(table, services);
        ServerCommands.register(table, services);
        DiagnosticCommands.register(table, services);
        DebugCommands.register(table, services);
        ClusterCommands.register(table, services);
        RingCommands.register(table, services);
        SiblingCommands.register(table, services);
        RepairCommands.register(table, services);
        MemberCommands.register(table, services);
    }
}

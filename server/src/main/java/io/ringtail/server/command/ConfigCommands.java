package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.ConfigurationException;
import io.ringtail.server.config.ConfigurationFile;
import io.ringtail.server.config.Setting;
import io.ringtail.server.config.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code CONFIG}. Safe for concurrent use. */
final class ConfigCommands {
    private static final String GROUP = "server";

    private final Services services;

    private ConfigCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        ConfigCommands commands = new ConfigCommands(services);
        Command config = table.container("config").docs(GROUP, "2.0.0", "Depends on the subcommand", "About settings.", "");
        config.subcommand("get", -3, commands::get)
                .flags(ADMIN, NOSCRIPT, LOADING, STALE)
                .docs(GROUP, "2.0.0", "O(N), N settings", "Answers settings by name or pattern.", "parameter [parameter ...]");
        config.subcommand("set", -4, commands::set)
                .flags(ADMIN, NOSCRIPT, LOADING, STALE)
                .docs(GROUP, "2.0.0", "O(N), N settings", "Changes settings, all or none.",
                        "parameter value [parameter value ...]");
        config.subcommand("rewrite", 2, commands::rewrite)
                .flags(ADMIN, NOSCRIPT, LOADING, STALE, WORKER)
                .docs(GROUP, "2.8.0", "O(1)", "Writes the settings to the configuration file.", "");
        config.subcommand("resetstat", 2, commands::resetstat)
                .flags(ADMIN, NOSCRIPT, LOADING, STALE)
                .docs(GROUP, "2.0.0", "O(1)", "Sets the counters of INFO to zero.", "");
        HelpText.addTo(config);
    }

    private void get(Call call) {
        List<Setting> found = new ArrayList<>();
        for (Setting setting : Settings.all()) {
            if (setting.secret()) {
                continue;
            }
            byte[] name = setting.name().getBytes(StandardCharsets.UTF_8);
            for (int i = 2; i < call.count(); i++) {
                byte[] pattern = call.text(i).toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
                if (new GlobPattern(pattern).matches(name, 0, name.length)) {
                    found.add(setting);
                    break;
                }
            }
        }
        call.reply().mapHeader(found.size());
        for (Setting setting : found) {
            call.reply().bulk(setting.name());
            call.reply().bulk(services.configuration().text(setting));
        }
    }

    private void set(Call call) {
        if (call.count() % 2 != 0) {
            throw new CommandException("ERR wrong number of arguments for 'config|set' command");
        }
        Map<String, String> changes = new LinkedHashMap<>();
        for (int i = 2; i < call.count(); i += 2) {
            String name = call.text(i);
            if (changes.put(name.toLowerCase(Locale.ROOT), call.text(i + 1)) != null) {
                throw new CommandException(
                        "ERR CONFIG SET failed (possibly related to argument '" + name + "') - duplicate parameter");
            }
        }
        try {
            services.configuration().change(changes);
        } catch (ConfigurationException e) {
            throw new CommandException(String.valueOf(e.getMessage()));
        }
        call.reply().ok();
    }

    private void rewrite(Call call) {
        Configuration configuration = services.configuration();
        ConfigurationFile file = configuration.file();
        if (file == null) {
            throw new CommandException("ERR The server is running without a config file");
        }
        try {
            file.rewrite(configuration);
        } catch (IOException | ConfigurationException e) {
            throw new CommandException("ERR Rewriting config file: " + e.getMessage());
        }
        call.reply().ok();
    }

    private void resetstat(Call call) {
        services.metrics().reset();
        call.reply().ok();
    }
}

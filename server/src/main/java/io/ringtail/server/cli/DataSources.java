package io.ringtail.server.cli;

import io.ringtail.server.command.DataSource;
import io.ringtail.server.config.Configuration;
import java.io.IOException;

/** Opens the data a configuration names. Implemented by the program's assembly. */
@FunctionalInterface
public interface DataSources {
    /**
     * @throws IOException when the directory cannot be used; the message is one line that names it
     */
    DataSource open(Configuration configuration) throws IOException;
}

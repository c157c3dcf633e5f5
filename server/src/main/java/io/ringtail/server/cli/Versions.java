package io.ringtail.server.cli;

import io.ringtail.server.Server;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Versions implements IVersionProvider {
    /** The version of this build. */
    static String ringtail() {
        String version = Server.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0-SNAPSHOT" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"ringtail " + ringtail() + ", Java " + Runtime.version()};
    }
}

package io.ringtail.engine.io;

import java.io.IOException;

/** A {@link SimulatedFileSystem} has no power: what was asked may or may not have happened. */
public final class PowerCutException extends IOException {
    private static final long serialVersionUID = 1L;

    PowerCutException(String operation) {
        super("the power is cut: " + operation);
    }
}

package io.ringtail.bench.load;

import java.io.IOException;

/** Puts a load on a server of the loopback interface and says what came of it. Confined to one thread. */
public interface Driver {
    /**
     * @throws IOException when the server answers with an error, with something else than what was asked for, or not
     * at all
     */
    LoadResult run(int port, Load load) throws IOException;
}

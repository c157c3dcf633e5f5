package io.ringtail.bench.load;

import java.io.IOException;

/** Puts a load on servers of the loopback interface and says what came of it. Confined to one thread. */
public interface Driver {
    /**
     * @param ports of one server, or of several that clients are spread over
     * @throws IOException when the server answers with an error, with something else than what was asked for, or not
     * at all
     */
    LoadResult run(int[] ports, Load load) throws IOException;
}

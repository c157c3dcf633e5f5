package io.ringtail.server.local;

import io.ringtail.protocol.client.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Finds values in answers of names and values, which RESP2 has as flat lists, one in the other. Pure. */
public final class Answer {
    private Answer() {}

    /**
     * All values that stand behind a name, however deep, in order.
     *
     * @throws IOException when the answer is an error, with that
     */
    public static List<String> all(Reply answer, String name) throws IOException {
        if (answer instanceof Reply.Failure failure) {
            throw new IOException(failure.text());
        }
        List<String> found = new ArrayList<>();
        collect(answer, name, found);
        return found;
    }

    private static void collect(Reply answer, String name, List<String> found) {
        if (!(answer instanceof Reply.Array list)) {
            return;
        }
        List<? extends Reply> elements = list.elements();
        for (int i = 0; i < elements.size(); i++) {
            if (elements.get(i) instanceof Reply.Bulk bulk && bulk.text().equals(name) && i + 1 < elements.size()) {
                i++;
                switch (elements.get(i)) {
                    case Reply.Bulk value -> found.add(value.text());
                    case Reply.Int value -> found.add(Long.toString(value.value()));
                    case Reply nested -> collect(nested, name, found);
                }
            } else {
                collect(elements.get(i), name, found);
            }
        }
    }
}

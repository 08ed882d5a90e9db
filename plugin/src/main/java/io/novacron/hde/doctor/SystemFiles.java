package io.novacron.hde.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The system's own files, below a root: that of this host, or one that a test has made up. */
record SystemFiles(Path root) {
    /** @param absolute the path as it is on a host */
    Path at(String absolute) {
        return root.resolve(absolute.substring(1));
    }

    boolean has(String absolute) {
        return Files.exists(at(absolute));
    }

    /** The lines of a file; none where there is no such file. */
    List<String> lines(String absolute) throws IOException {
        // whatever bytes it holds
        return has(absolute) ? Files.readAllLines(at(absolute), StandardCharsets.ISO_8859_1) : List.of();
    }
}

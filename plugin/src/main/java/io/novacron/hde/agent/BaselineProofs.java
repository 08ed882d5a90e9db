package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Possession;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What the two ends of a channel prove to each other about the baselines that it is to start from. */
final class BaselineProofs {
    private static final Pattern CHALLENGE = Pattern.compile("[0-9a-f]{" + 2 * Possession.CHALLENGE_BYTES + "}");

    private final Map<String, Possession> possessions = new LinkedHashMap<>();

    /** @param tables the baselines, by root */
    BaselineProofs(Possession.Channel channel, Map<String, MemoryTable> tables) {
        tables.forEach((root, table) -> possessions.put(root, Possession.of(table, channel)));
    }

    /** A challenge for a new channel. */
    static String newChallenge() {
        byte[] bytes = new byte[Possession.CHALLENGE_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Whether a peer's challenge is one; null is none. */
    static boolean isChallenge(String text) {
        return text != null && CHALLENGE.matcher(text).matches();
    }

    /** What the source says for these baselines, in their order. */
    List<String> bySource(Collection<String> roots) {
        return roots.stream().map(root -> possessions.get(root).bySource()).toList();
    }

    /** What the destination says for all baselines, in their order. */
    List<String> byDestination() {
        return possessions.values().stream().map(Possession::byDestination).toList();
    }

    /** Whether a source has proved that it has these baselines. */
    boolean areFromSource(List<String> roots, List<String> proofs) {
        return roots.isEmpty() || matches(bySource(roots), proofs);
    }

    /** Whether a destination has proved that it has this baseline. */
    boolean isFromDestination(String root, String proof) {
        return matches(List.of(possessions.get(root).byDestination()), proof == null ? null : List.of(proof));
    }

    private static boolean matches(List<String> expected, List<String> proofs) {
        if (proofs == null || proofs.size() != expected.size()) {
            return false;
        }
        boolean all = true;
        for (int i = 0; i < expected.size(); i++) {
            byte[] proof = String.valueOf(proofs.get(i)).getBytes(StandardCharsets.UTF_8);
            all &= MessageDigest.isEqual(expected.get(i).getBytes(StandardCharsets.UTF_8), proof);
        }
        return all;
    }
}

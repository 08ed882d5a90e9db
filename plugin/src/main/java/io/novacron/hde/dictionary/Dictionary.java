package io.novacron.hde.dictionary;

import io.novacron.hde.frame.FrameDictionary;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A trained dictionary and what is known of it.
 *
 * @param peer whose it is, and for whose frames alone it is used; empty for this host's own
 * @param digest SHA-256 over its bytes, 64 hexadecimal digits: its name among all hosts
 * @param madeAt when it was trained or, of a peer's, received; milliseconds since 1970
 * @param samples how many it was trained on; 0 of a peer's
 * @param plainBytes what held-back samples are compressed to without a dictionary; 0 of a peer's
 * @param packedBytes the same with this dictionary
 */
public record Dictionary(
        ResourceType type,
        Scope scope,
        String peer,
        String digest,
        long madeAt,
        int samples,
        long plainBytes,
        long packedBytes,
        FrameDictionary content) {

    /** SHA-256 over a dictionary's bytes, 64 hexadecimal digits. */
    public static String digest(byte[] bytes) {
        return HexFormat.of().formatHex(sha256(bytes));
    }

    /** Whether it was trained here. */
    public boolean isOwn() {
        return peer.isEmpty();
    }

    byte[] key() {
        return key(peer, digest);
    }

    static byte[] key(String peer, String digest) {
        byte[] name = peer.getBytes(StandardCharsets.UTF_8);
        byte[] key = new byte[32 + name.length];
        System.arraycopy(HexFormat.of().parseHex(digest), 0, key, 0, 32);
        System.arraycopy(name, 0, key, 32, name.length);
        return key;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}

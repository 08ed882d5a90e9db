package io.novacron.hde.codec;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a batch promises: SHA-256, cut to 128 bits, over the script and then the PageIds of its page records in the order
 * of the stream. The script holds every byte of the stream that is not a page, so the two cover all of it.
 */
final class BatchDigest {
    static final int BYTES = 16;

    private final MessageDigest sha256;
    private final byte[] id = new byte[16];

    BatchDigest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    void begin(ByteBuffer script) {
        sha256.reset();
        sha256.update(script);
    }

    void page(long high, long low) {
        for (int i = 0; i < 8; i++) {
            id[i] = (byte) (high >>> (56 - 8 * i));
            id[8 + i] = (byte) (low >>> (56 - 8 * i));
        }
        sha256.update(id);
    }

    byte[] end() {
        return java.util.Arrays.copyOf(sha256.digest(), BYTES);
    }
}

package io.novacron.hde.page;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Computes PageIds without allocating. An instance belongs to one thread. */
public final class PageHasher {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();
    private static final int DIGEST_BYTES = 32;

    private final MessageDigest digest;
    private final byte[] page = new byte[Page.SIZE];
    private final byte[] result = new byte[DIGEST_BYTES];
    private long high;
    private long low;

    public PageHasher() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java runtime has no SHA-256, which every one must have", e);
        }
    }

    /**
     * Hashes the 4096 bytes at a position; the halves of the name are then {@link #high()} and {@link #low()}.
     *
     * @throws IndexOutOfBoundsException if the page does not lie within the buffer
     */
    public void hash(ByteBuffer bytes, int position) {
        // The digest takes arrays only without allocating; the copy costs a fiftieth of the hash.
        bytes.get(position, page, 0, Page.SIZE);
        digest.update(page, 0, Page.SIZE);
        try {
            digest.digest(result, 0, DIGEST_BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-256 did not give 32 bytes", e);
        }
        high = (long) LONG.get(result, 0);
        low = (long) LONG.get(result, Long.BYTES);
    }

    /** Bytes 0 to 7 of the last name. */
    public long high() {
        return high;
    }

    /** Bytes 8 to 15 of the last name. */
    public long low() {
        return low;
    }
}

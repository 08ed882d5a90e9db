package io.novacron.hde.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.h2.mvstore.DataUtils;

/**
 * What an encrypted store's file begins with, in the clear; docs/store.md has its form. It holds the salt from which, with
 * the key file, the store's key is derived, and bytes that tell another key file's key from the store's.
 */
final class SealedHeader {
    /** Bytes it takes in the file, most of them zero. */
    static final int BYTES = 4096;

    /** The version of this form. */
    static final int VERSION = 1;

    /** Bytes that are not always zero. */
    static final int USED = 68;

    private static final byte[] MAGIC = "HDESTORE".getBytes(StandardCharsets.US_ASCII);
    private static final int CRC_AT = USED - Integer.BYTES;

    private SealedHeader() {}

    /** The header of a new store. */
    static byte[] create(StoreKey key) {
        byte[] salt = new byte[BlockCipher.SALT];
        new SecureRandom().nextBytes(salt);
        return of(key, salt);
    }

    /** With a given salt. */
    static byte[] of(StoreKey key, byte[] salt) {
        ByteBuffer to = ByteBuffer.allocate(BYTES);
        to.put(MAGIC).putInt(VERSION).putInt(BlockCipher.BLOCK).put(salt);
        to.put(new BlockCipher(key, salt).check());
        to.putInt(CRC_AT, crc(to.array()));
        return to.array();
    }

    /**
     * What opens the blocks behind a header.
     *
     * @throws org.h2.mvstore.MVStoreException if it is damaged
     * @throws Database.NewerFormatException if a later release has written it
     * @throws SealedFile.OtherKeyException if it was made with another key
     */
    static BlockCipher read(byte[] bytes, StoreKey key)
            throws Database.NewerFormatException, SealedFile.OtherKeyException {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        byte[] magic = new byte[MAGIC.length];
        from.get(magic);
        if (!Arrays.equals(magic, MAGIC) || from.getInt(CRC_AT) != crc(bytes)) {
            throw DataUtils.newMVStoreException(DataUtils.ERROR_FILE_CORRUPT, "The header is damaged");
        }
        int version = from.getInt();
        if (version != VERSION || from.getInt() != BlockCipher.BLOCK) {
            throw new Database.NewerFormatException(
                    "its encryption has version " + version + ", and this release knows version " + VERSION);
        }
        byte[] salt = new byte[BlockCipher.SALT];
        byte[] check = new byte[BlockCipher.CHECK];
        from.get(salt).get(check);
        BlockCipher cipher = new BlockCipher(key, salt);
        if (!MessageDigest.isEqual(cipher.check(), check)) {
            throw new SealedFile.OtherKeyException();
        }
        return cipher;
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, CRC_AT);
        return (int) crc.getValue();
    }
}

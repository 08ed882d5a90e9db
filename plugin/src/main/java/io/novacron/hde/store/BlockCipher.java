package io.novacron.hde.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts and authenticates the blocks of one store with AES-256-GCM; docs/store.md has the form of a sealed block.
 *
 * <p>The store's key is derived from the key file and the store's salt. From it and a key nonce the key of a block is
 * derived. A key nonce is drawn when the store is opened, and again after 2^28 blocks, and each block has a nonce of its
 * own beside it, drawn too. So no pair of key and nonce comes again, however much is written, and whatever older copy of
 * the store, or of the whole host, is put back. The number of the block is authenticated with it, so that a block taken
 * from another place, or from another store, is not accepted.
 *
 * <p>Thread-safe; its {@link Sealer}s are not.
 */
final class BlockCipher {
    /** Bytes of a block before it is sealed. */
    static final int BLOCK = 4096;

    static final int KEY_NONCE = 12;
    static final int NONCE = 12;
    static final int TAG = 16;

    /** Bytes of a sealed block. */
    static final int SEALED = KEY_NONCE + NONCE + BLOCK + TAG;

    static final int SALT = 32;
    static final int CHECK = 16;

    private static final byte[] OF_STORE = ascii("hde store");
    private static final byte[] OF_CHECK = ascii("check");
    private static final byte[] OF_BLOCKS = ascii("blocks");

    /** With random nonces of 96 bits under one key, the chance that two are equal stays below 2^-40. */
    private static final int BLOCKS_A_KEY = 1 << 28;

    /** A store has one key nonce for each time it was opened, as long as a block from then is left. */
    private static final int MOST_KEYS = 1024;

    private final StoreKey key;
    private final SecureRandom random = new SecureRandom();
    private final Map<ByteBuffer, SecretKeySpec> keys = new ConcurrentHashMap<>();

    // Both guarded by this.
    private ByteBuffer writing;
    private int written;

    BlockCipher(StoreKey key, byte[] salt) {
        this.key = StoreKey.of(key.derive(OF_STORE, salt));
    }

    /** 16 bytes by which another key than the store's is noticed. */
    byte[] check() {
        return Arrays.copyOf(key.derive(OF_CHECK), CHECK);
    }

    Sealer newSealer() {
        return new Sealer(this);
    }

    /** Seals and opens blocks; belongs to one thread at a time. */
    static final class Sealer {
        private final BlockCipher owner;
        private final Cipher cipher;
        private final byte[] nonce = new byte[NONCE];
        private final byte[] place = new byte[Long.BYTES];

        private Sealer(BlockCipher owner) {
            this.owner = owner;
            try {
                cipher = Cipher.getInstance("AES/GCM/NoPadding");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("Every Java platform has AES-GCM", e);
            }
        }

        /** Writes the sealed form, {@link #SEALED} bytes, of a block of {@link #BLOCK} bytes. */
        void seal(long number, byte[] plain, int plainAt, byte[] sealed, int at) {
            owner.random.nextBytes(nonce);
            seal(number, owner.nextKeyNonce(), nonce, plain, plainAt, sealed, at);
        }

        /** With given nonces, which must never have been used. */
        void seal(
                long number, ByteBuffer keyNonce, byte[] blockNonce, byte[] plain, int plainAt, byte[] sealed, int at) {
            keyNonce.get(keyNonce.position(), sealed, at, KEY_NONCE);
            System.arraycopy(blockNonce, 0, sealed, at + KEY_NONCE, NONCE);
            try {
                begin(Cipher.ENCRYPT_MODE, number, sealed, at);
                cipher.doFinal(plain, plainAt, BLOCK, sealed, at + KEY_NONCE + NONCE);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("A block could not be encrypted", e);
            }
        }

        /** The reverse. Returns whether it is what was sealed as the block of that number; if not, plain is undefined. */
        boolean open(long number, byte[] sealed, int at, byte[] plain, int plainAt) {
            try {
                begin(Cipher.DECRYPT_MODE, number, sealed, at);
                cipher.doFinal(sealed, at + KEY_NONCE + NONCE, BLOCK + TAG, plain, plainAt);
                return true;
            } catch (AEADBadTagException e) {
                return false;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("A block could not be decrypted", e);
            }
        }

        private void begin(int mode, long number, byte[] sealed, int at) throws GeneralSecurityException {
            cipher.init(
                    mode,
                    owner.keyOf(sealed, at),
                    new GCMParameterSpec(Byte.SIZE * TAG, sealed, at + KEY_NONCE, NONCE));
            ByteBuffer.wrap(place).putLong(0, number);
            cipher.updateAAD(place);
        }
    }

    private synchronized ByteBuffer nextKeyNonce() {
        if (writing == null || written == BLOCKS_A_KEY) {
            byte[] fresh = new byte[KEY_NONCE];
            random.nextBytes(fresh);
            writing = ByteBuffer.wrap(fresh).asReadOnlyBuffer();
            written = 0;
        }
        written++;
        return writing;
    }

    private SecretKeySpec keyOf(byte[] sealed, int at) {
        SecretKeySpec known = keys.get(ByteBuffer.wrap(sealed, at, KEY_NONCE));
        if (known != null) {
            return known;
        }
        byte[] keyNonce = Arrays.copyOfRange(sealed, at, at + KEY_NONCE);
        SecretKeySpec derived = new SecretKeySpec(key.derive(OF_BLOCKS, keyNonce), "AES");
        if (keys.size() >= MOST_KEYS) {
            // Damage makes key nonces that never were.
            keys.clear();
        }
        keys.put(ByteBuffer.wrap(keyNonce), derived);
        return derived;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}

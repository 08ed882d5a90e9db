package io.novacron.hde.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The secret of a key file, from which each store's keys are derived. */
public final class StoreKey {
    /** Bytes of the secret. */
    static final int BYTES = 32;

    private static final String MAC = "HmacSHA256";
    private static final int PERMISSIONS = 0600;
    // Two hexadecimal digits a byte, and a line's end.
    private static final int MOST_IN_FILE = 2 * BYTES + 2;

    private final byte[] secret;

    private StoreKey(byte[] secret) {
        this.secret = secret;
    }

    /**
     * Reads a key file: 32 bytes, or 64 hexadecimal digits with or without a line's end.
     *
     * @throws StoreException if there is none, it is no regular file of root (or of this process's user) that the owner
     *     alone may read, or it does not hold a key; the message says how to make one
     */
    public static StoreKey read(Path file) throws StoreException {
        try {
            FileGuard guard = FileGuard.of(file);
            if (!guard.regularFile()) {
                throw bad(file, "is not a regular file");
            }
            if (!guard.isTrusted()) {
                throw bad(file, "belongs to the user with id " + guard.uid() + ", who could replace it, not to root");
            }
            if (guard.allowsMoreThan(PERMISSIONS)) {
                throw new StoreException("The key file " + file + " has mode " + guard.modeText()
                        + ", so that others than root could read or replace it: run chmod 600 " + file
                        + ", or make a new key if somebody may have read this one");
            }
            try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
                return of(file, in.readNBytes(MOST_IN_FILE + 1));
            }
        } catch (NoSuchFileException e) {
            throw new StoreException("The key file " + file + " does not exist; " + remedy(file), e);
        } catch (IOException e) {
            throw new StoreException("The key file " + file + " cannot be read: " + Failures.text(e), e);
        }
    }

    /** A key that is not from a file. */
    static StoreKey of(byte[] secret) {
        if (secret.length != BYTES) {
            throw new IllegalArgumentException("A key has " + BYTES + " bytes, but these are " + secret.length);
        }
        return new StoreKey(secret.clone());
    }

    /** HMAC-SHA256 over the parts, 32 bytes. */
    byte[] derive(byte[]... parts) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(secret, MAC));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has " + MAC, e);
        }
    }

    private static StoreKey of(Path file, byte[] content) throws StoreException {
        if (content.length == BYTES) {
            return new StoreKey(content);
        }
        String text = new String(content, StandardCharsets.ISO_8859_1);
        String digits = text.endsWith("\r\n")
                ? text.substring(0, text.length() - 2)
                : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        if (digits.length() == 2 * BYTES && digits.chars().allMatch(HexFormat::isHexDigit)) {
            return new StoreKey(HexFormat.of().parseHex(digits));
        }
        throw bad(file, "holds neither 32 bytes nor 64 hexadecimal digits");
    }

    private static StoreException bad(Path file, String problem) {
        return new StoreException("The key file " + file + " " + problem + "; " + remedy(file));
    }

    private static String remedy(Path file) {
        return "make one, as root: (umask 077; head -c " + BYTES + " /dev/urandom > " + file + ")";
    }
}

package io.novacron.hde.baseline;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What proves that somebody has a baseline's whole table, and not only its root: a root is told to peers, but PageIds
 * never cross a tunnel and follow from nothing but the pages.
 *
 * <p>K is SHA-256 over "hde-possession-1", the source's challenge, the destination's, and the chunks that have a page, in
 * the order of the table, each as the PageIds of its 4096 pages. An end's proof is HMAC-SHA-256 with the key K over "S" or
 * "D", the root (32 bytes), and the names of source and destination host, each as its bytes (u16) and UTF-8. So it is of
 * no use in another channel, to the other end, or to a host between the two.
 *
 * @param bySource 64 hexadecimal digits
 * @param byDestination 64 hexadecimal digits
 */
public record Possession(String bySource, String byDestination) {
    /** Bytes in a challenge. */
    public static final int CHALLENGE_BYTES = 32;

    private static final byte[] DOMAIN = "hde-possession-1".getBytes(StandardCharsets.US_ASCII);
    private static final String HMAC = "HmacSHA256";

    /**
     * What both ends of a channel have to say of a baseline. Hashes 16 bytes a page.
     *
     * @param channel whose two ends they are
     */
    public static Possession of(MemoryTable table, Channel channel) {
        MessageDigest sha256 = HashTree.sha256();
        sha256.update(DOMAIN);
        sha256.update(HexFormat.of().parseHex(channel.sourceChallenge));
        sha256.update(HexFormat.of().parseHex(channel.destinationChallenge));
        table.hashInto(sha256);
        SecretKeySpec key = new SecretKeySpec(sha256.digest(), HMAC);
        byte[] root = table.root().bytes();
        return new Possession(proof(key, 'S', root, channel), proof(key, 'D', root, channel));
    }

    private static String proof(SecretKeySpec key, char end, byte[] root, Channel channel) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(key);
            mac.update((byte) end);
            mac.update(root);
            for (String host : new String[] {channel.source, channel.destination}) {
                byte[] name = host.getBytes(StandardCharsets.UTF_8);
                mac.update(ByteBuffer.allocate(2).putShort((short) name.length).flip());
                mac.update(name);
            }
            return HexFormat.of().formatHex(mac.doFinal());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java runtime has no HMAC-SHA-256, which every one must have", e);
        }
    }

    /**
     * What a proof is for.
     *
     * @param source name of the source host
     * @param destination name of the destination host
     * @param sourceChallenge 64 hexadecimal digits that the source has drawn for this channel
     * @param destinationChallenge the same of the destination
     */
    public record Channel(String source, String destination, String sourceChallenge, String destinationChallenge) {}
}

package io.novacron.hde.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class PossessionTest {
    private static final String CHALLENGE = "45".repeat(32);
    private static final String OTHER_CHALLENGE = "67".repeat(32);
    private static final Possession.Channel CHANNEL =
            new Possession.Channel("alpha", "beta", CHALLENGE, OTHER_CHALLENGE);

    private static MemoryTable table(long pages, long low) {
        MemoryTable table = new MemoryTable(List.of(new BlockLayout("pc.ram", pages * 4096)));
        table.set(0, 0, 0x0001020304050607L, low);
        return table;
    }

    private static MemoryTable table() {
        return table(2, 0x08090a0b0c0d0e0fL);
    }

    @Test
    void theExampleInTheDocumentationIsWhatIsComputed() throws Exception {
        String text = Files.readString(Path.of("../docs/protocol.md"));
        Matcher example = Pattern.compile("<!-- example: possession -->\n```\n([0-9a-f \n]+)```")
                .matcher(text);
        assertThat(example.find()).isTrue();
        Possession possession = Possession.of(table(), CHANNEL);
        assertThat(example.group(1).replaceAll("\\s", ""))
                .isEqualTo(table().root() + possession.bySource() + possession.byDestination());
    }

    /** Computed as the document says, with nothing of the product. */
    @Test
    void aProofIsMadeAsDocumented() throws Exception {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        sha256.update("hde-possession-1".getBytes(StandardCharsets.US_ASCII));
        sha256.update(HexFormat.of().parseHex(CHALLENGE));
        sha256.update(HexFormat.of().parseHex(OTHER_CHALLENGE));
        byte[] chunk = new byte[4096 * 16];
        for (int i = 0; i < 16; i++) {
            chunk[i] = (byte) i;
        }
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(sha256.digest(chunk), "HmacSHA256"));
        mac.update((byte) 'D');
        mac.update(table().root().bytes());
        mac.update(ByteBuffer.allocate(13)
                .putShort((short) 5)
                .put("alpha".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) 4)
                .put("beta".getBytes(StandardCharsets.US_ASCII))
                .flip());
        assertThat(Possession.of(table(), CHANNEL).byDestination())
                .isEqualTo(HexFormat.of().formatHex(mac.doFinal()));
    }

    @Test
    void aProofIsOfOneTableOneChannelAndOneEnd() {
        Possession possession = Possession.of(table(), CHANNEL);
        assertThat(possession).isEqualTo(Possession.of(table(), CHANNEL));
        assertThat(possession.bySource()).isNotEqualTo(possession.byDestination());
        for (Possession other : List.of(
                Possession.of(table(2, 1), CHANNEL),
                Possession.of(table(3, 0x08090a0b0c0d0e0fL), CHANNEL),
                Possession.of(table(), new Possession.Channel("alpha", "beta", OTHER_CHALLENGE, OTHER_CHALLENGE)),
                Possession.of(table(), new Possession.Channel("alpha", "beta", CHALLENGE, CHALLENGE)),
                Possession.of(table(), new Possession.Channel("alpha", "mallory", CHALLENGE, OTHER_CHALLENGE)),
                Possession.of(table(), new Possession.Channel("mallory", "beta", CHALLENGE, OTHER_CHALLENGE)),
                Possession.of(table(), new Possession.Channel("beta", "alpha", CHALLENGE, OTHER_CHALLENGE)))) {
            assertThat(other.bySource()).isNotEqualTo(possession.bySource());
            assertThat(other.byDestination()).isNotEqualTo(possession.byDestination());
        }
    }

    /** All of the table counts, however large: also the last page of a place far away. */
    @Test
    void everyPageCounts() {
        MemoryTable table = table(1L << 30, 1);
        Possession without = Possession.of(table, CHANNEL);
        table.set(0, (1L << 30) - 1, 1, 1);
        Possession with = Possession.of(table, CHANNEL);
        assertThat(with).isNotEqualTo(without);
        table.set(0, (1L << 30) - 1, 0, 0);
        // a chunk that is there and has no page counts as none
        assertThat(Possession.of(table, CHANNEL)).isEqualTo(without);
    }
}

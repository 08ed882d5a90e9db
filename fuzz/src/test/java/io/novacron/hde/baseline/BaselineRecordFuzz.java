package io.novacron.hde.baseline;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Input;
import io.novacron.hde.page.PageId;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What the store has of a baseline: its record, the chunks of its table, what is known of its VM. Input: u8 which; the
 * value.
 */
public final class BaselineRecordFuzz {
    private BaselineRecordFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Input input = new Input(bytes);
        int which = input.u8() % 3;
        byte[] value = input.rest();
        // A chunk of a table becomes an entry of a map, and a table of that layout has a map for each block.
        Bounded.run(16L * Chunk.BYTES + 512L * value.length, () -> {
            switch (which) {
                case 0 -> baseline(value);
                case 1 -> chunk(value);
                default -> VmRecord.read(Optional.of(value));
            }
        });
    }

    private static void baseline(byte[] value) {
        Optional<BaselineRecord> read = BaselineRecord.read(new byte[Root.BYTES + 16], value, 0);
        if (read.isEmpty()) {
            return;
        }
        // As BaselineCatalog does to load it, with one chunk in place of all.
        MemoryTable table = new MemoryTable(read.get().baseline().layout());
        Chunk chunk = Chunk.of(table, new byte[Chunk.BYTES]);
        for (int block = 0; block < read.get().chunks().size(); block++) {
            for (long number : read.get().chunks().get(block).keySet()) {
                table.putChunk(block, number, chunk);
            }
        }
        check(!table.root().hex().isEmpty());
        check(table.presentPages() == 0);
        check(table.forEachPresent((block, page, high, low) -> false));
    }

    private static void chunk(byte[] value) {
        byte[] content = new byte[Chunk.BYTES];
        try {
            if (value.length > 0) {
                Zstd.decompressByteArray(content, 0, content.length, value, 1, value.length - 1);
            }
        } catch (ZstdException e) {
            Arrays.fill(content, (byte) 0);
        }
        PageId digest = Chunk.digest(content);
        Optional<byte[]> read = StoredChunk.read(digest, value);
        check(read.isEmpty() || Arrays.equals(read.get(), content));
        check(StoredChunk.read(new PageId(1, 2), value).isEmpty());
    }

    private static void check(boolean kept) {
        if (!kept) {
            throw new AssertionError("a damaged record was taken");
        }
    }

    /** Records of a small guest's baseline. */
    public static Map<String, byte[]> seeds() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        MemoryTable table = new MemoryTable(List.of(new BlockLayout("pc.ram", 1 << 28), new BlockLayout("rom", 4096)));
        table.set(0, 5, 1, 2);
        table.set(0, 9000, 3, 4);
        table.setZero(1, 0);
        for (String partialOf : List.of("", "00112233445566778899aabbccddeeff")) {
            Baseline baseline = new Baseline(
                    table.root(),
                    new UUID(1, 2),
                    "web",
                    partialOf.isEmpty() ? "" : "drive-vda",
                    "beta",
                    3,
                    4,
                    5,
                    table.presentPages(),
                    3,
                    table.layout(),
                    partialOf);
            BaselineRecord record = new BaselineRecord(baseline, List.of(table.chunkDigests(0), table.chunkDigests(1)));
            seeds.put("baseline" + partialOf.length(), Input.of(Input.u8(0), record.value()));
        }
        seeds.put("chunk", Input.of(Input.u8(1), StoredChunk.value(table.chunk(0, 0))));
        seeds.put("vm", Input.of(Input.u8(2), new VmRecord(true, 7).value()));
        return seeds;
    }
}

package io.novacron.hde.baseline;

import java.io.IOException;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tables of PageIds in a file without a name, so that they are the kernel's to write back and to drop, and do not grow
 * with the memory of the VMs on the heap. Read through a mapping; written by a thread of its own with plain writes,
 * because a write to a mapping can wait for the disk's journal. The place of a block that nobody uses any more is used
 * again.
 *
 * <p>Whatever fails leaves a block where it was, on the heap. The file grows by whole regions that are written first: a
 * full disk shows then, and not as a fault of a thread that reads.
 */
public final class TableFile implements TableSpace, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TableFile.class);

    private static final String PREFIX = "tables-";
    private static final int REGION_BYTES = 1 << 20;
    private static final int REGION_BLOCKS = REGION_BYTES / PageIdBlock.BYTES;

    /** Blocks that wait to be written, 32 MiB of them; more stay where they are. */
    private static final int MOST_WAITING = 8192;

    /** The place of a block, until it is gone. */
    private static final class Lent extends PhantomReference<PageIdBlock> {
        final int place;

        Lent(PageIdBlock block, ReferenceQueue<PageIdBlock> gone, int place) {
            super(block, gone);
            this.place = place;
        }
    }

    private final Path directory;
    private final FileChannel file;
    private final long minFreeBytes;
    private final int mostRegions;
    private final BlockingQueue<Optional<PageIdBlock>> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Thread writer = new Thread(this::write, "table-writer");

    // of the writer
    private final List<ByteBuffer> regions = new ArrayList<>();
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final Set<Lent> lent = new HashSet<>();
    private final ReferenceQueue<PageIdBlock> gone = new ReferenceQueue<>();
    private final ByteBuffer bytes =
            ByteBuffer.allocateDirect(PageIdBlock.BYTES).order(ByteOrder.nativeOrder());
    private boolean failing;

    private TableFile(Path directory, FileChannel file, long minFreeBytes, int mostRegions) {
        this.directory = directory;
        this.file = file;
        this.minFreeBytes = minFreeBytes;
        this.mostRegions = mostRegions;
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Opens one, and deletes what an agent that died at the wrong moment has left of another.
     *
     * @param directory readable by nobody else
     * @param minFreeBytes what it leaves free on the file system
     * @param maxBytes how large the file may become
     */
    public static TableFile open(Path directory, long minFreeBytes, long maxBytes) throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, PREFIX + "*")) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
        FileChannel file = FileChannel.open(
                directory.resolve(PREFIX + UUID.randomUUID()),
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        // on Linux that is at once
                        StandardOpenOption.DELETE_ON_CLOSE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return new TableFile(directory, file, minFreeBytes, (int) Math.min(Integer.MAX_VALUE, maxBytes / REGION_BYTES));
    }

    @Override
    public void offer(PageIdBlock block) {
        // if the writer is that far behind, it costs memory
        boolean taken = waiting.offer(Optional.of(block));
        if (!taken) {
            LOG.debug("{} blocks of tables wait; one more stays on the heap", MOST_WAITING);
        }
    }

    /** Blocks that were moved stay readable as long as they are used. */
    @Override
    public void close() throws IOException {
        try {
            waiting.put(Optional.empty());
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        file.close();
    }

    private void write() {
        try {
            for (var block = waiting.take(); block.isPresent(); block = waiting.take()) {
                move(block.get());
            }
        } catch (InterruptedException e) {
            LOG.debug("no more blocks of tables are moved", e);
        }
    }

    private void move(PageIdBlock block) {
        for (Reference<?> unused = gone.poll(); unused != null; unused = gone.poll()) {
            lent.remove(unused);
            free.push(((Lent) unused).place);
        }
        try {
            if (free.isEmpty() && regions.size() < mostRegions) {
                grow();
            }
            if (free.isEmpty()) {
                return;
            }
            int place = free.peek();
            bytes.clear().asLongBuffer().put(block.toArray());
            writeAt((long) place * PageIdBlock.BYTES, bytes);
            free.pop();
            lent.add(new Lent(block, gone, place));
            block.moveTo(at(place));
            failing = false;
        } catch (IOException e) {
            if (!failing) {
                LOG.warn(
                        "tables of PageIds cannot be written to a file in {} and stay in memory, 16 bytes for each page"
                                + " of a VM that migrates: {}",
                        directory,
                        e.toString());
            }
            failing = true;
        }
    }

    private void grow() throws IOException {
        if (Files.getFileStore(directory).getUsableSpace() < minFreeBytes + REGION_BYTES) {
            throw new IOException("fewer than " + minFreeBytes + " bytes would stay free");
        }
        int region = regions.size();
        long position = (long) region * REGION_BYTES;
        writeAt(position, ByteBuffer.allocate(REGION_BYTES));
        regions.add(file.map(FileChannel.MapMode.READ_ONLY, position, REGION_BYTES));
        for (int place = REGION_BLOCKS - 1; place >= 0; place--) {
            free.push(region * REGION_BLOCKS + place);
        }
    }

    private void writeAt(long position, ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            file.write(source, position + source.position());
        }
    }

    private LongBuffer at(int place) {
        return regions.get(place / REGION_BLOCKS)
                .slice(place % REGION_BLOCKS * PageIdBlock.BYTES, PageIdBlock.BYTES)
                .order(ByteOrder.nativeOrder())
                .asLongBuffer();
    }
}

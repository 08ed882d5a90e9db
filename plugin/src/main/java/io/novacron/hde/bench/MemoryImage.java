package io.novacron.hde.bench;

import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A guest's memory in a file, and the migration stream that a QEMU would write of it, in another.
 *
 * @param stream the whole stream; one RAM block, {@code pc.ram}
 * @param pages of the image
 * @param zeroPages those that are all zero
 */
record MemoryImage(Path file, Path stream, long pages, long zeroPages) {
    private static final int READ_BYTES = 1 << 20;
    private static final int WRITE_BYTES = 1 << 20;

    /** Refuses what is no image; opens nothing for long. */
    static void check(Path file) throws BenchException {
        try {
            if (!Files.exists(file)) {
                throw new BenchException(file + ": there is no such file");
            }
            if (!Files.isRegularFile(file)) {
                throw new BenchException(file + ": is no file of its own");
            }
            if (!Files.isReadable(file)) {
                throw new BenchException(file + ": may not be read");
            }
            long size = Files.size(file);
            if (size == 0 || size % Page.SIZE != 0) {
                throw new BenchException(
                        file + ": " + size + " bytes are no memory image: it is a multiple of " + Page.SIZE);
            }
        } catch (IOException e) {
            throw new BenchException(file + ": " + reason(e), e);
        }
    }

    /** Writes the stream of an image. */
    static MemoryImage read(Path file, Path stream) throws BenchException {
        check(file);
        try (FileChannel in = FileChannel.open(file);
                FileChannel out = FileChannel.open(stream, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            return write(file, stream, in, out);
        } catch (IOException e) {
            throw new BenchException(file + ": " + reason(e), e);
        }
    }

    private static MemoryImage write(Path file, Path stream, FileChannel in, FileChannel out) throws IOException {
        long size = in.size();
        GuestStreamWriter writer = new GuestStreamWriter();
        ByteBuffer bytes = ByteBuffer.allocateDirect(WRITE_BYTES);
        ByteBuffer read = ByteBuffer.allocateDirect(READ_BYTES);
        long zeroPages = 0;
        writer.start(bytes, "bench", List.of(new RamBlock("pc.ram", size)));
        writer.beginSection(bytes);
        for (long offset = 0; offset < size; ) {
            fill(in, read.clear());
            int pages = read.position() / Page.SIZE;
            for (int i = 0; i < pages; i++, offset += Page.SIZE) {
                if (bytes.remaining() < GuestStreamWriter.MAX_WRITE) {
                    drain(bytes, out);
                }
                if (isZero(read, i * Page.SIZE)) {
                    writer.zeroPage(bytes, 0, offset);
                    zeroPages++;
                } else {
                    bytes.put(writer.beginPage(bytes, 0, offset), read, i * Page.SIZE, Page.SIZE);
                }
            }
            if (pages == 0) {
                throw new IOException("has become shorter while it was read");
            }
        }
        writer.endSection(bytes);
        drain(bytes, out);
        writer.beginLastSection(bytes);
        writer.endSection(bytes);
        writer.end(bytes, "{}");
        drain(bytes, out);
        return new MemoryImage(file, stream, size / Page.SIZE, zeroPages);
    }

    private static void fill(FileChannel in, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining() && in.read(bytes) >= 0) {
            // until it is full or the file ends
        }
    }

    private static void drain(ByteBuffer bytes, FileChannel out) throws IOException {
        bytes.flip();
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
        bytes.clear();
    }

    private static boolean isZero(ByteBuffer bytes, int position) {
        for (int i = position; i < position + Page.SIZE; i += Long.BYTES) {
            if (bytes.getLong(i) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Bytes of the pages that are not all zero. */
    long contentBytes() {
        return (pages - zeroPages) * Page.SIZE;
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException ? "there is no such file" : String.valueOf(e.getMessage());
    }
}

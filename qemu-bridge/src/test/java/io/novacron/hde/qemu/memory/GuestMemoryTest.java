package io.novacron.hde.qemu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Memory of this process itself, of which a made-up monitor says that it is a guest's. */
class GuestMemoryTest {
    private static final int PAGE = 4096;
    private static final int PAGES = 20_000;
    private static final long LENGTH = (long) PAGES * PAGE;
    private static final int PROT_READ = 1;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_ANONYMOUS = 0x21;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_NOHUGEPAGE = 15;

    /** What libc has. */
    private interface C extends Library {
        Pointer mmap(Pointer address, long length, int protection, int flags, int descriptor, long offset);

        int munmap(Pointer address, long length);

        int mprotect(Pointer address, long length, int protection);

        int madvise(Pointer address, long length, int advice);
    }

    private static final C LIBC = Native.load("c", C.class);

    private Pointer memory = map(MAP_PRIVATE_ANONYMOUS);

    private static Pointer map(int flags) {
        Pointer mapped = LIBC.mmap(null, LENGTH, PROT_READ_WRITE, flags, -1, 0);
        // Neighbours would be touched with a page.
        LIBC.madvise(mapped, LENGTH, MADV_NOHUGEPAGE);
        return mapped;
    }

    @AfterEach
    void unmap() {
        LIBC.munmap(memory, LENGTH);
    }

    private GuestMemory open() throws IOException {
        String line = String.format(
                "   pc.ram    4 KiB  0x%016x 0x%016x 0x%016x 0x%016x  rw%n",
                0, LENGTH, LENGTH, Pointer.nativeValue(memory));
        return GuestMemory.open(
                ProcessHandle.current().pid(), RecordedMonitor.of(Map.of("info ramblock", "names\n" + line)));
    }

    private void write(int page, int value) {
        memory.setInt((long) page * PAGE + 8, value);
    }

    @Test
    void whatWasTouchedIsTold() throws IOException {
        try (GuestMemory guest = open()) {
            assertThat(guest.blocks()).containsExactly(new GuestBlock("pc.ram", LENGTH, Pointer.nativeValue(memory)));
            BitSet touched = new BitSet();
            touched.set(3);
            guest.touched(0, 0, PAGES, touched);
            assertThat(touched.isEmpty()).isTrue();

            BitSet expected = new BitSet();
            // 8192 pages are asked about at once
            for (int page : new int[] {0, 1, 17, 8191, 8192, 16_383, 19_999}) {
                write(page, page);
                expected.set(page);
            }
            guest.touched(0, 0, PAGES, touched);
            assertThat(touched).isEqualTo(expected);
            guest.touched(0, 17, 8175, touched);
            assertThat(touched).isEqualTo(expected.get(17, 8192));

            LIBC.madvise(memory.share(17L * PAGE), PAGE, MADV_DONTNEED);
            guest.touched(0, 17, 1, touched);
            assertThat(touched.isEmpty()).isTrue();
        }
    }

    @Test
    void pagesAreReadAsTheyAre() throws IOException {
        try (GuestMemory guest = open()) {
            for (int page = 0; page < 3000; page++) {
                write(page, page + 1);
            }
            ByteBuffer into = ByteBuffer.allocateDirect(3000 * PAGE + 1).order(ByteOrder.nativeOrder());
            into.position(1);
            guest.read(0, PAGE, 2999 * PAGE, into);
            assertThat(into.position()).isEqualTo(2999 * PAGE + 1);
            assertThat(into.getInt(1 + 8)).isEqualTo(2);
            assertThat(into.getInt(1 + 2998 * PAGE + 8)).isEqualTo(3000);

            long[] offsets = new long[2500];
            for (int i = 0; i < offsets.length; i++) {
                offsets[i] = (long) (2999 - i) * PAGE;
            }
            into.position(0);
            guest.read(0, offsets, 2400, into);
            assertThat(into.position()).isEqualTo(2400 * PAGE);
            for (int i = 0; i < 2400; i++) {
                assertThat(into.getInt(i * PAGE + 8)).isEqualTo(3000 - i);
            }
        }
    }

    @Test
    void sharedMemoryWhoseFileNobodyHasOpenIsReadAsAllTouched() throws IOException {
        LIBC.munmap(memory, LENGTH);
        memory = map(MAP_SHARED_ANONYMOUS);
        write(5, 55);
        try (GuestMemory guest = open()) {
            BitSet touched = new BitSet();
            guest.touched(0, 0, 100, touched);
            assertThat(touched.cardinality()).isEqualTo(100);
            ByteBuffer into = ByteBuffer.allocateDirect(PAGE).order(ByteOrder.nativeOrder());
            guest.read(0, 5L * PAGE, PAGE, into);
            assertThat(into.getInt(8)).isEqualTo(55);
        }
    }

    @Test
    void memoryThatIsUnpluggedMeanwhileIsAnErrorOfItsOwn() throws IOException {
        try (GuestMemory guest = open()) {
            LIBC.munmap(memory.share(10L * PAGE), 10L * PAGE);
            ByteBuffer into = ByteBuffer.allocateDirect(20 * PAGE);
            assertThatThrownBy(() -> guest.read(0, 0, 20 * PAGE, into))
                    .isInstanceOf(GuestGoneException.class)
                    .hasMessageContaining("unplugged");
            assertThat(into.position()).as("what was still there").isEqualTo(10 * PAGE);
            into.clear();
            assertThatThrownBy(() -> guest.read(0, new long[] {0, 5 * PAGE, 15 * PAGE, 0}, 4, into))
                    .isInstanceOf(GuestGoneException.class);
        }
    }

    @Test
    void memoryThatIsNotMappedAsTheMonitorSaysIsNotOpened() {
        LIBC.mprotect(memory.share(LENGTH - PAGE), PAGE, PROT_READ);
        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(GuestGoneException.class)
                .hasMessageContaining(
                        "is not found in process " + ProcessHandle.current().pid())
                .hasMessageContaining("GuestBlock[name=pc.ram");
        LIBC.mprotect(memory, LENGTH, PROT_READ_WRITE);
    }

    @Test
    void callsThatCannotBeAreRefused() throws IOException {
        try (GuestMemory guest = open()) {
            ByteBuffer into = ByteBuffer.allocateDirect(PAGE);
            assertThatThrownBy(() -> guest.read(0, LENGTH, PAGE, into)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> guest.read(0, -PAGE, PAGE, into)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> guest.read(1, 0, PAGE, into)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> guest.read(0, new long[] {0, LENGTH}, 2, ByteBuffer.allocateDirect(2 * PAGE)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> guest.read(0, new long[1], 2, ByteBuffer.allocateDirect(2 * PAGE)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> guest.touched(0, PAGES - 1, 2, new BitSet()))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> guest.read(0, 1, PAGE, into)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> guest.read(0, 0, 2 * PAGE, into)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> guest.read(0, 0, PAGE, ByteBuffer.allocate(PAGE)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a direct buffer with room for 4096 bytes");
            assertThat(into.position()).isZero();
        }
    }
}

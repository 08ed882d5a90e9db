package io.novacron.hde.qemu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.qemu.memory.AddressSpace.Backing;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class AddressSpaceTest {
    private static final AddressSpace SPACE = AddressSpace.parse("""
            7f0000000000-7f0000100000 rw-p 00000000 00:00 0\s
            7f0000100000-7f0000200000 rw-p 00000000 00:00 0                          [anon: a name]
            7f0000200000-7f0000300000 r--p 00000000 00:00 0\s
            7f0000400000-7f0000500000 rw-s 00010000 00:01 77                         /memfd:memory-backend-memfd (deleted)
            7f0000500000-7f0000600000 rw-s 00110000 00:01 77                         /memfd:memory-backend-memfd (deleted)
            7f0000600000-7f0000700000 rw-s 00110000 00:01 77                         /memfd:memory-backend-memfd (deleted)
            7f0000700000-7f0000800000 rw-p 00000000 00:0f 78                         /dev/hugepages/libvirt/ram (deleted)
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
            """);

    @Test
    void memoryMayBeShownInPieces() {
        assertThat(SPACE.backing(0x7f0000000000L, 0x200000)).contains(new Backing(false, "", 0, 0));
        assertThat(SPACE.backing(0x7f0000080000L, 0x100000))
                .hasValueSatisfying(backing -> assertThat(backing.anonymous()).isTrue());
        assertThat(SPACE.backing(0x7f0000480000L, 0x180000))
                .contains(new Backing(true, "/memfd:memory-backend-memfd (deleted)", 77, 0x90000));
        assertThat(SPACE.backing(0x7f0000700000L, 0x100000))
                .contains(new Backing(false, "/dev/hugepages/libvirt/ram (deleted)", 78, 0));
    }

    @Test
    void whatIsNotAllMappedToBeReadAndWrittenOrNotOfOnePieceIsNothing() {
        assertThat(SPACE.backing(0x7f0000000000L, 0x200001)).as("read-only").isEmpty();
        assertThat(SPACE.backing(0x7f0000400000L - 1, 2)).as("a gap").isEmpty();
        assertThat(SPACE.backing(0x7f0000500000L, 0x200000))
                .as("not the file's next part")
                .isEmpty();
        assertThat(SPACE.backing(0x7f0000600000L, 0x200000)).as("two files").isEmpty();
        assertThat(SPACE.backing(0x7f0000700000L, 0x100001))
                .as("beyond the end")
                .isEmpty();
        assertThat(SPACE.backing(0x1000, 1)).as("before the first").isEmpty();
    }

    @Test
    void aProcessThatIsGoneHasNone() {
        assertThatThrownBy(() -> AddressSpace.of(Integer.MAX_VALUE))
                .isInstanceOf(GuestGoneException.class)
                .isInstanceOf(IOException.class)
                .hasMessage("there is no process 2147483647: QEMU has exited");
    }
}

package io.novacron.hde.agent;

import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.qemu.memory.GuestMemory;
import io.novacron.hde.qemu.memory.SoftDirty;
import io.novacron.hde.qemu.monitor.LibvirtMonitor;
import io.novacron.hde.qemu.monitor.Monitor;
import io.novacron.hde.qemu.process.QemuProcess;
import io.novacron.hde.qemu.process.QemuProcesses;
import io.novacron.hde.seed.GuestException;
import io.novacron.hde.seed.GuestPages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Finds the memory of VMs that libvirt has started on this host. */
final class QemuGuests implements Seeding.Guests {
    private final String libvirtUri;
    private final QemuProcesses processes;

    QemuGuests(String libvirtUri, QemuProcesses processes) {
        this.libvirtUri = libvirtUri;
        this.processes = processes;
    }

    @Override
    public GuestPages open(DomainInfo domain) throws IOException {
        QemuProcess qemu = processes
                .ofDomain(domain.uuid())
                .orElseThrow(() -> new GuestException(
                        domain.name() + ": there is no QEMU process of libvirt's with its UUID " + domain.uuid(),
                        null));
        try (Monitor monitor = LibvirtMonitor.open(libvirtUri, domain.uuid())) {
            return new Pages(domain.name(), GuestMemory.open(qemu.pid(), monitor));
        }
    }

    private static final class Pages implements GuestPages {
        private final String vm;
        private final GuestMemory memory;
        private final List<Block> blocks;
        private Optional<SoftDirty> written = Optional.empty();

        Pages(String vm, GuestMemory memory) {
            this.vm = vm;
            this.memory = memory;
            this.blocks = memory.blocks().stream()
                    .map(block -> new Block(block.name(), block.length()))
                    .toList();
        }

        @Override
        public List<Block> blocks() {
            return blocks;
        }

        @Override
        public void read(int block, long offset, int length, ByteBuffer into) throws GuestException {
            try {
                memory.read(block, offset, length, into);
            } catch (IOException e) {
                throw new GuestException(vm + ": " + e.getMessage(), e);
            }
        }

        @Override
        public void touched(int block, long firstPage, int pages, BitSet into) throws GuestException {
            try {
                memory.touched(block, firstPage, pages, into);
            } catch (IOException e) {
                throw new GuestException(vm + ": " + e.getMessage(), e);
            }
        }

        @Override
        public boolean followWrites() throws GuestException {
            try {
                Optional<SoftDirty> bits = SoftDirty.of(memory);
                if (bits.isPresent()) {
                    bits.get().clear();
                }
                written = bits;
                return bits.isPresent();
            } catch (IOException e) {
                throw new GuestException(vm + ": " + e.getMessage(), e);
            }
        }

        @Override
        public void written(int block, long firstPage, int pages, BitSet into) throws GuestException {
            try {
                if (written.isPresent()) {
                    written.get().dirty(block, firstPage, pages, into);
                } else {
                    into.set(0, pages);
                }
            } catch (IOException e) {
                throw new GuestException(vm + ": " + e.getMessage(), e);
            }
        }

        @Override
        public void close() throws IOException {
            memory.close();
        }
    }
}

package io.novacron.hde.lab;

import io.novacron.hde.qemu.memory.GuestMemory;
import io.novacron.hde.qemu.memory.SoftDirty;
import io.novacron.hde.qemu.monitor.Monitor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Random;

/**
 * Runs inside the machine with Debian's kernel: the program {@code pages} plays QEMU, writes pages and gives some back, and
 * what the kernel's bits tell must be exactly that. Has nothing but the bridge and JNA to build on there.
 */
final class SoftDirtyCheck {
    private static final int PAGE = 4096;
    private static final int PAGES = 9_000;
    private static final int ROUNDS = 5;

    /** QEMU as far as the bridge asks it. */
    private record OneBlock(String address) implements Monitor {
        @Override
        public String human(String command) {
            String length = String.format("0x%016x", (long) PAGES * PAGE);
            return "   pc.ram    4 KiB  0x0000000000000000 " + length + " " + length + " 0x" + address + "  rw\n";
        }

        @Override
        public String qmp(String command) throws IOException {
            throw new IOException("not asked for");
        }

        @Override
        public void close() {}
    }

    private final BufferedReader answers;
    private final OutputStream commands;
    /** What each page must hold. */
    private final long[] values = new long[PAGES];

    private final BitSet there = new BitSet();
    private final BitSet changed = new BitSet();

    private SoftDirtyCheck(BufferedReader answers, OutputStream commands) {
        this.answers = answers;
        this.commands = commands;
    }

    public static void main(String[] arguments) throws IOException {
        expect(SoftDirty.isOffered(), "the kernel has soft-dirty bits");
        Process process = new ProcessBuilder("/sbin/pages", Integer.toString(PAGES))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader answers =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
                OutputStream commands = process.getOutputStream();
                GuestMemory memory = GuestMemory.open(process.pid(), new OneBlock(answers.readLine()))) {
            new SoftDirtyCheck(answers, commands).check(memory);
        }
        System.out.println("soft-dirty: all right");
    }

    private void check(GuestMemory memory) throws IOException {
        SoftDirty softDirty = SoftDirty.of(memory).orElseThrow();
        Random random = new Random(6);
        ByteBuffer copy = ByteBuffer.allocateDirect(PAGES * PAGE).order(ByteOrder.nativeOrder());
        BitSet touched = new BitSet();
        BitSet dirty = new BitSet();
        for (int i = 0; i < 3000; i++) {
            write(random.nextInt(PAGES), random.nextLong() >>> 1);
        }
        memory.touched(0, 0, PAGES, touched);
        expect(touched.equals(there), "what is touched is what was written");

        softDirty.clear();
        memory.read(0, 0, PAGES * PAGE, copy.clear());
        expectCopy(copy);
        for (int round = 0; round < ROUNDS; round++) {
            changed.clear();
            for (int i = round == 0 ? 500 : 0; i < 500; i++) {
                int page = random.nextInt(PAGES);
                if (i % 5 == 4 && there.get(page)) {
                    drop(page);
                } else {
                    write(page, random.nextLong() >>> 1);
                }
            }
            softDirty.dirty(0, 0, PAGES, dirty);
            softDirty.clear();
            memory.touched(0, 0, PAGES, touched);
            // To be read, a page that was never written is given a place too.
            BitSet written = (BitSet) dirty.clone();
            written.and(touched);
            BitSet expected = (BitSet) changed.clone();
            expected.and(there);
            expect(written.equals(expected), "round " + round + ": what was written is dirty and nothing else");
            BitSet lost = (BitSet) changed.clone();
            lost.andNot(there);
            lost.andNot(dirty);
            expect(lost.isEmpty(), "round " + round + ": what was given back may have changed");

            for (int page = dirty.nextSetBit(0); page >= 0; page = dirty.nextSetBit(page + 1)) {
                copy.position(page * PAGE).limit((page + 1) * PAGE);
                if (touched.get(page)) {
                    memory.read(0, (long) page * PAGE, PAGE, copy);
                } else {
                    copy.put(new byte[PAGE]);
                }
                copy.clear();
            }
            expectCopy(copy);
            System.out.println("soft-dirty: round " + round + ": " + written.cardinality() + " pages dirty");
        }
    }

    private void write(int page, long value) throws IOException {
        tell("write " + page + " " + value);
        values[page] = value;
        there.set(page);
        changed.set(page);
    }

    private void drop(int page) throws IOException {
        tell("drop " + page);
        values[page] = 0;
        there.clear(page);
        changed.set(page);
    }

    private void tell(String command) throws IOException {
        commands.write((command + "\n").getBytes(StandardCharsets.US_ASCII));
        commands.flush();
        String answer = answers.readLine();
        expect("ok".equals(answer), command + ": " + answer);
    }

    private void expectCopy(ByteBuffer copy) {
        for (int page = 0; page < PAGES; page++) {
            for (int at = 0; at < PAGE; at += Long.BYTES) {
                expect(copy.getLong(page * PAGE + at) == values[page], "page " + page + " is as it was written");
            }
        }
    }

    private static void expect(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("soft-dirty: it is not so that " + what);
        }
    }
}

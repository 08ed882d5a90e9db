package io.novacron.hde.codec;

import io.novacron.hde.qemu.stream.RamBlock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The RAM blocks of one migration: its main channel lists them, its multifd channels have only their names. Thread-safe.
 */
public final class SharedBlocks {
    /** QEMU writes the list before the first packet with pages, but the main channel's thread may not have had its turn. */
    private static final long WAIT_MILLIS = 3000;

    private final CompletableFuture<List<RamBlock>> blocks = new CompletableFuture<>();

    /** Of a channel whose pages stay as they are if it is a multifd channel. */
    public static SharedBlocks none() {
        SharedBlocks none = new SharedBlocks();
        none.announce(List.of());
        return none;
    }

    /** The main channel has come to the list; empty if it cannot be used. */
    void announce(List<RamBlock> list) {
        blocks.complete(List.copyOf(list));
    }

    /** Waits for the list, for a while; empty if it does not come. */
    List<RamBlock> await() {
        try {
            return blocks.get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}

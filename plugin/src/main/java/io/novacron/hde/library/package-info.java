/**
 * The encoder by itself, for Java programs: {@code encode(key, data)} and {@code decode(key, encoded)} over byte buffers,
 * without QEMU, agents or a store. {@code docs/library.md} specifies the encoded form and shows an example.
 *
 * <p>{@link io.novacron.hde.library.HdeEncoder} is the way in. It takes a {@code Workspace} for each call, in which
 * {@code DataPacker} writes the data by itself (copies from far back found by {@code CopyFinder}, then zstd; or zstd with
 * a dictionary) and {@code DeltaPacker} by means of the key's baseline out of {@code BaselineCache}; the smallest wins,
 * and {@code EncodedForm} puts before it what the decoder needs to know. {@code DataUnpacker} is the way back.
 *
 * <p>The agent does not use this package: its unit is the page, and its baselines lie in the store.
 */
package io.novacron.hde.library;

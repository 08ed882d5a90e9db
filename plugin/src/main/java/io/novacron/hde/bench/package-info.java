/**
 * What the codec makes of memory images, measured.
 *
 * <p>A {@link io.novacron.hde.bench.MemoryImage} becomes the stream that a QEMU would write of it; a {@link
 * io.novacron.hde.bench.RoundTrip} takes that through encoder, packer and rebuilder, as a migration does, and compares
 * what comes out. A base goes through first and leaves its pages in the stores and its table as the agreed baseline. A
 * {@link io.novacron.hde.bench.Pipeline} does the source's half on several threads; {@link
 * io.novacron.hde.bench.ZstdProgram} is what it is compared with. {@link io.novacron.hde.bench.Bench} runs them all.
 */
package io.novacron.hde.bench;

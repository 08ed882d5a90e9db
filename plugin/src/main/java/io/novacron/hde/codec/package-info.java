/**
 * From the stream of a memory channel to batches, and back to the identical stream.
 *
 * <p>At the source a {@link io.novacron.hde.codec.SourceEncoder} cuts the stream into {@link
 * io.novacron.hde.codec.Segment}s and decides for every page how it travels (its tier); a {@link
 * io.novacron.hde.codec.BatchPacker} compresses what a segment has to send and lays out the batch. At the destination a
 * {@link io.novacron.hde.codec.BatchRebuilder} makes the stream's bytes of it and verifies all of them before anybody
 * sees one. Both sides keep the same {@link io.novacron.hde.codec.ChannelMemory}: what the destination's memory holds by
 * now, and which pages can be referred to.
 */
package io.novacron.hde.codec;

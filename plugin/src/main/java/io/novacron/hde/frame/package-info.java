/**
 * Frames: batches of 1 to 256 pages compressed together, decodable on their own (PAGES) or with their bases (DELTA).
 *
 * <p>A {@link io.novacron.hde.frame.FramePacker} makes a {@link io.novacron.hde.frame.Frame} from pages; its payload
 * goes over the wire and, with the PageIds, into the page store, so that storing costs no second compression. A {@link
 * io.novacron.hde.frame.FrameUnpacker} makes the pages again. The wire carries kind, algorithm, count and payload; the
 * receiver computes the PageIds from the content. {@link io.novacron.hde.frame.FrameFormat} is the form in the store.
 */
package io.novacron.hde.frame;

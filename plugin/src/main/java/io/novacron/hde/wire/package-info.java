/**
 * The wire protocol between two agents: every message, and its bytes.
 *
 * <p>{@code docs/protocol.md} is the specification and gives the version policy. A {@link
 * io.novacron.hde.wire.MessageWriter} frames messages onto a tunnel's output, a {@link
 * io.novacron.hde.wire.MessageReader} takes them off its input and refuses what is longer or of another form than the
 * protocol allows. What a batch means is the business of the codec package.
 */
package io.novacron.hde.wire;

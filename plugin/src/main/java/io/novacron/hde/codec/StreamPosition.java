package io.novacron.hde.codec;

/**
 * How far a stream had come when a segment ended.
 *
 * @param guest what the stream goes through
 * @param round how many times it has begun to, 0 before the first page
 * @param passed places of the guest that this round has left behind, whether or not it had pages for them
 * @param pages page records so far
 * @param roundPages those of this round
 * @param lastRoundPages those of the round before, 0 if there was none
 * @param kept pages so far that are what the table has at their place
 * @param complete whether the guest's memory is at its end
 */
public record StreamPosition(
        GuestOutline guest,
        int round,
        long passed,
        long pages,
        long roundPages,
        long lastRoundPages,
        long kept,
        boolean complete) {}

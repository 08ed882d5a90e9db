package io.novacron.hde.codec;

/** Which references to pages that the peer should hold the source still dares: fewer after each disappointment. */
public enum References {
    /** To agreed baselines, and to what was sent in this channel. */
    ALL,
    /** Only to what was sent in this channel. */
    SENT,
    /** To nothing. */
    NONE
}

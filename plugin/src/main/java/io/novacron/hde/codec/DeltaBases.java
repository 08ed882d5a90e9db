package io.novacron.hde.codec;

/** Which pages may be the bases of deltas. */
public enum DeltaBases {
    /** None: no page crosses as a delta. */
    NONE,
    /** What the table has at the page's place. */
    PLACE,
    /** That, or any known page that resembles it. */
    ANY
}

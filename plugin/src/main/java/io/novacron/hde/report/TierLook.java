package io.novacron.hde.report;

import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.PagesByTier;

/** The tiers in the order of their cost, as a reader sees them. */
enum TierLook {
    ZERO("zero", "all zero", "Empty pages. Costs nothing."),
    KEPT(
            "kept",
            "unchanged",
            "The other host still had it from an earlier migration, at the same place. Costs about nothing."),
    KNOWN(
            "known",
            "already there",
            "The other host has it elsewhere: sent a moment ago, or another VM's. Crosses as a reference."),
    DELTA("delta", "a little different", "The other host has an older version. Only the difference crosses."),
    NEW("new", "new", "The other host has nothing like it. Crosses compressed."),
    RAW("raw", "as it is", "Does not compress, or could not be read. Crosses as it is.");

    private final String word;
    private final String plain;
    private final String explanation;

    TierLook(String word, String plain, String explanation) {
        this.word = word;
        this.plain = plain;
        this.explanation = explanation;
    }

    /** HDE's own word, also the class in the style sheet. */
    String word() {
        return word;
    }

    /** The same for who has never seen HDE. */
    String plain() {
        return plain;
    }

    String explanation() {
        return explanation;
    }

    long pages(PagesByTier pages) {
        return switch (this) {
            case ZERO -> pages.zero();
            case KEPT -> pages.kept();
            case KNOWN -> pages.known();
            case DELTA -> pages.delta();
            case NEW -> pages.newPages();
            case RAW -> pages.raw();
        };
    }

    long pages(ChannelCourse.Point point) {
        return switch (this) {
            case ZERO -> point.zero();
            case KEPT -> point.kept();
            case KNOWN -> point.known();
            case DELTA -> point.delta();
            case NEW -> point.newPages();
            case RAW -> point.raw();
        };
    }
}

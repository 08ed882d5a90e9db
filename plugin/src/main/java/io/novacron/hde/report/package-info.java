/**
 * A migration as one page for a browser: {@code hde report}.
 *
 * <p>{@code ReportPage} puts the parts together, each of which makes its piece of HTML or SVG of the record: {@code
 * TierShare}, {@code CourseChart}, {@code DowntimeBar}, {@code MemoryMapView}, {@code Facts}. The page needs nothing from
 * anywhere, and whatever a name holds, {@code Html} makes text of it.
 */
package io.novacron.hde.report;

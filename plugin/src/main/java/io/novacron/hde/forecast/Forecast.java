package io.novacron.hde.forecast;

/**
 * What is expected to remain of a migration.
 *
 * @param bytes on the wire still to arrive, if it converges
 * @param millis until it has come to its end, if it converges
 * @param converges false when, at this rate, the guest writes pages as fast as they are sent
 * @param done which part of the bytes has arrived, 0 to 1, if it converges
 */
public record Forecast(long bytes, long millis, boolean converges, double done) {
    /** For a migration that will not come to an end. */
    static final Forecast ENDLESS = new Forecast(0, 0, false, 0);
}

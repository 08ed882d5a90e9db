/**
 * What is still to come of a migration that runs.
 *
 * <p>A {@link io.novacron.hde.forecast.Course} is told of every batch that has arrived and says, when asked, about how
 * many bytes and how much time remain. When the migration has ended, what it said on the way is a {@link
 * io.novacron.hde.forecast.PastForecast}, and {@link io.novacron.hde.forecast.ForecastHistory} keeps the last of those
 * in the page store: how wrong they were is how wrong the next will be.
 */
package io.novacron.hde.forecast;

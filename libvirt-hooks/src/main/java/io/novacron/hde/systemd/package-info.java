/**
 * What systemd looks like to a service that it runs: {@code ServiceManager} tells it that the service is ready, lives, and
 * stops. The unit, {@code systemd/hde.service}, says what it makes of that.
 */
package io.novacron.hde.systemd;

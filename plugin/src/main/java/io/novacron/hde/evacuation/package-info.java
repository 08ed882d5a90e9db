/**
 * Where a host's VMs go when it is evacuated, and in which order: {@link io.novacron.hde.evacuation.EvacuationPlan}. It
 * computes, and knows neither libvirt nor agents.
 */
package io.novacron.hde.evacuation;

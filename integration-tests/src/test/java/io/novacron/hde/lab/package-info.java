/**
 * Tests of the lab itself ({@code *Test}: without QEMU), and tests that migrate real VMs ({@code *IT}: as root, with QEMU
 * and libvirt; on a machine without them they fail and say what is missing).
 */
package io.novacron.hde.lab;

"""What a unit says on its serial line while it boots: when, in seconds since power-on, and what."""

LOADER = (
    (0.02, "\n\nU-Boot SPL 2019.07 (Mar 02 2026 - 09:14:31 +0000)\nDRAM init: DDR3 1600 MHz, 128 MiB\n"),
    (0.08, "U-Boot 2019.07 (Mar 02 2026 - 09:14:31 +0000)\n\nDRAM:  128 MiB\nNAND:  0 MiB\nMMC:   mmc@4300: 0\n"),
    (0.12, "Loading Environment from SPI Flash... SF: Detected xt25f128b with page size 256 Bytes, total 16 MiB\nOK\n"),
    (0.14, "In:    serial\nOut:   serial\nErr:   serial\nNet:   eth0\n"),
)
KERNEL = (
    (0.34, "## Booting kernel from FIT Image at 42000000 ...\n   Verifying Hash Integrity ... sha256,rsa2048:dev+ OK\n"),
    (0.38, "   Loading Kernel Image ... OK\n\nStarting kernel ...\n\n"),
    (
        0.42,
        "[    0.000000] Booting Linux on physical CPU 0x0\n[    0.000000] Linux version 5.10.160 (build@camlabel) (gcc 10.3.0)\n",
    ),
    (0.44, "[    0.000000] CPU: ARMv7 Processor [410fc075] revision 5 (ARMv7), cr=10c5387d\n"),
    (0.46, "[    0.000000] Kernel command line: console=ttyS0,115200 root=/dev/mtdblock3 rootfstype=squashfs\n"),
    (0.50, "[    0.021340] Calibrating delay loop (skipped), value calculated using timer frequency.. 48.00 BogoMIPS\n"),
    (
        0.54,
        "[    0.412871] spi-nor spi0.0: xt25f128b (16384 Kbytes)\n[    0.431022] 5 fixed-partitions found on spi0.0\n",
    ),
    (0.58, "[    0.702113] VFS: Mounted root (squashfs filesystem) readonly on device 31:3.\n"),
)
SERVICES = (
    (0.64, "init started: BusyBox v1.36.1 (2026-03-02 08:55:10 UTC)\n"),
    (0.70, "Starting network: OK\n"),
    (0.78, "Starting mdev... OK\n[    1.604712] random: crng init done\n"),
    (0.86, "Starting media server: OK\n"),
    (0.94, "Starting web server: OK\n\n"),
)
AUTOBOOT_FROM, AUTOBOOT_TO = 0.16, 0.32
AUTOBOOT = "Hit any key to stop autoboot:  1 "
READY = 1.0

"""The phone's end of the ADB protocol (`adbd`), as far as the real client asks for it.

Source of the formats: AOSP, packages/modules/adb: protocol.txt, SERVICES.TXT, SYNC.TXT, shell_protocol.h.
"""

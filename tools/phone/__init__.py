"""An Android phone as a device's skills, over the Android Debug Bridge: the real `adb` program does the work.

    settings, server, serving, phone   which phone, over which ADB server, and whether it is there
    session                            one attempt's way to it: `adb` through the launcher, the phone's shell
    verbs                              `@verb` makes skills of functions over a session
    screens, reading, dumps            what is on the screen, and what the phone's services say
    facts, shelling, looking, touching, apps, installing, copying, locating, talking     the skills
    apk                                which app an Android package holds

What a phone says is data. What goes to its shell is quoted, word by word.
"""

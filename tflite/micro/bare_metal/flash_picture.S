/* The picture file PICTURE, byte for byte, in flash. */

    .section .picture, "a"
    .balign 4
    .global picture_file
picture_file:
    .incbin PICTURE
    .global picture_file_end
picture_file_end:

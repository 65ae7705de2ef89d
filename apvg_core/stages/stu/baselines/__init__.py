"""The video-to-video networks that Table III compares the STU with, written from their papers."""

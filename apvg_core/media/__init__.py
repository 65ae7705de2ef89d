"""Decoding and encoding of sound and video: the only place that knows PyAV, soundfile and soxr.

Reading sound: `audio.py` opens songs; `chunks.py` those in pieces; `audio_headers.py` checks what headers
promise; `audio_decoder.py` decodes what libsndfile cannot read; `downmix.py` chooses what becomes mono;
`samples.py` has what these share.
Reading video: `video.py` reads frames at a uniform rate; `interlace.py` and `frame_converter.py` turn what
was decoded into upright RGB; `frame_sources.py` has the sources that recordings take frames from.
Writing: `video_writer.py` writes files atomically, with the encoders of `container_encoder.py` (mp4, webm)
and `image_encoders.py` (gif, PNG); `synthetic_video.py` gives it a sound that is at hand as samples.
All: `container.py` opens containers and knows their clock; `isolate.py` runs decoders in processes of
their own.
"""

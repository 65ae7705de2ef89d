// Instruments and furniture.
void paint(inout vec3 base, inout vec3 finish, inout vec3 n) {
    if (painted == VARNISH) {
        // flames across the maple, under a varnish that is worn a little
        base *= 0.90 + 0.14 * noise(vec3(160.0, 6.0, 20.0) * painted_at) + 0.10 * noise(9.0 * painted_at);
    }
}

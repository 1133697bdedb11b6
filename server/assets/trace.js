// All that is known of one call, as a picture.

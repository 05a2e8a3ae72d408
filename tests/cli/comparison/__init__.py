"""What a review states, compared with what ``pulumi up`` then does on the platform."""

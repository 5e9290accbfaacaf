"""The gallery: experiments that show one thing each."""

from playground.ui.gallery import gallery

gallery()

"""Which clusterings of a consultation there are: the one that is shown, and one that is being made.

Another encoder gives other vectors, so it needs the whole consultation clustered anew. That happens
beside the clusters that are shown, under the next epoch, until it has come as far as they have.
"""

import msgspec


class Clustering(msgspec.Struct, frozen=True, array_like=True):
    """One clustering of a consultation.

    Attributes:
        encoder: Name of its encoder.
        epoch: Its number, written into every record.
    """

    encoder: str
    epoch: int


class Clusterings(msgspec.Struct, frozen=True, array_like=True):
    """The clusterings of a consultation.

    Attributes:
        shown: The one that has every proposal.
        making: The one that will replace it; None: there is none.

    >>> both = Clusterings(Clustering("english", 3)).with_encoder("multilingual")
    >>> both.making
    Clustering(encoder='multilingual', epoch=4)
    >>> both.finished().shown == both.making
    True
    >>> both.with_encoder("english").making
    Clustering(encoder='english', epoch=5)
    """

    shown: Clustering
    making: Clustering | None = None

    def with_encoder(self, name: str) -> "Clusterings":
        """What there is to be when the consultation's encoder is this one.

        A clustering that was begun for another encoder is given up, and its epoch is not used
        again.
        """
        newest = self.making or self.shown
        if newest.encoder == name:
            return self
        return Clusterings(self.shown, Clustering(name, newest.epoch + 1))

    def finished(self) -> "Clusterings":
        """What there is when the new one has every proposal."""
        return Clusterings(self.making or self.shown)
